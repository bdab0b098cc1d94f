package org.rlhf4j.studio.web;

import org.rlhf4j.studio.circle.Circles;
import org.rlhf4j.studio.circle.RewardModels;
import org.rlhf4j.studio.circle.Scoring;

/**
 * What the pages of the circle are made of.
 *
 * @param models the reward models
 * @param scoring has them score items
 * @param circles holds them against labels
 */
public record CircleParts(RewardModels models, Scoring scoring, Circles circles) {}
