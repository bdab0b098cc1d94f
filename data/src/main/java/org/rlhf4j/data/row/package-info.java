/**
 * What a row is: a demonstration, a comparison or a prompt, told by its fields, as text or as
 * messages.
 */
package org.rlhf4j.data.row;
