/**
 * Renders Jinja templates as Jinja2 3.1 does in transformers: with {@code trim_blocks}, {@code
 * lstrip_blocks}, {@code break} and {@code continue}, the {@code generation} tag, and Python's own
 * values and string methods. A template reaches its variables and what {@link
 * org.rlhf4j.jinja.Filters} and its neighbours name, nothing of Java; its work, its output and its
 * depth are bounded. What isn't supported is an error that names it.
 */
package org.rlhf4j.jinja;
