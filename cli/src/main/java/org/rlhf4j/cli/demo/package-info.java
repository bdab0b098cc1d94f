/**
 * What {@code rlhf demo} brings along: {@link org.rlhf4j.cli.demo.DemoFiles} unpacks its rows and
 * settings, {@link org.rlhf4j.cli.demo.Replies} samples before and after a stage, {@link
 * org.rlhf4j.cli.demo.Manner} and {@link org.rlhf4j.cli.demo.Addition} judge them by rules that no
 * stage has seen, and {@link org.rlhf4j.cli.demo.Promise} is what the demo is held to.
 */
package org.rlhf4j.cli.demo;
