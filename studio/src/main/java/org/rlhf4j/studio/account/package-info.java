/**
 * Who may come in, and as what: accounts with passwords, invitations, sessions, and how fast
 * passwords may be tried. Nothing here knows that there is a page.
 */
package org.rlhf4j.studio.account;
