package org.rlhf4j.studio.web;

import org.rlhf4j.studio.choice.Choices;
import org.rlhf4j.studio.circle.Circles;
import org.rlhf4j.studio.circle.RewardModels;
import org.rlhf4j.studio.circle.Scoring;
import org.rlhf4j.studio.train.Trainings;

/**
 * What the pages of the circle are made of.
 *
 * @param models the reward models
 * @param scoring has them score items
 * @param circles holds them against labels
 * @param choices says which items come next
 * @param trainings make more of them
 * @param defaults what a training may start from, and how it goes if nobody says otherwise
 */
public record CircleParts(
    RewardModels models,
    Scoring scoring,
    Circles circles,
    Choices choices,
    Trainings trainings,
    TrainingDefaults defaults) {}
