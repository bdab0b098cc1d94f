/**
 * Which items of a project come next: drawn at random, or where a reward model is unsure, where it
 * disagrees with people, or where two reward models differ.
 */
package org.rlhf4j.studio.choice;
