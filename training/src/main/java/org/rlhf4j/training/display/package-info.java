/**
 * What a person sees while a run goes on: a bar on a terminal, plain lines elsewhere, JSON on
 * request, and the progress that a program may listen to.
 */
package org.rlhf4j.training.display;
