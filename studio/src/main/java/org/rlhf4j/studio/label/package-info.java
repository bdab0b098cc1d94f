/**
 * Labels: projects with their items, who gets which item next, what people say about it, and the
 * rows that are made of it. Nothing here knows that there is a page.
 */
package org.rlhf4j.studio.label;
