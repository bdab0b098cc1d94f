package org.rlhf4j.studio.account;

/**
 * Somebody who may come in.
 *
 * @param annotator the number under which their verdicts are kept
 * @param name what they are called
 * @param role what they may do
 */
public record Account(long annotator, String name, Role role) {}
