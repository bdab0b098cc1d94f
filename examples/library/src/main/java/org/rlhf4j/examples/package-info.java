/**
 * The stages from Java. A class is one example with a {@code main} of its own; what stands between
 * {@code // [name} and {@code // name]} is what {@code docs/library.md}, the README and the
 * modules' READMEs show, word for word: {@code DocumentsTest} compares them.
 *
 * <p>{@code FineTune}, {@code TrainRewardModel}, {@code ImproveByPpo} and {@code ImproveByGrpo} run
 * whole stages from files to a run directory; {@code GenerateAndScore} uses what they made. The
 * {@code …Steps} classes make a trainer's steps one by one, without files.
 */
package org.rlhf4j.examples;
