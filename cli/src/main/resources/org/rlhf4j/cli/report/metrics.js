// What each metric is, and where it is drawn. A metric that isn't named here is drawn among the others.
const METRICS = {
  reward: ["Reward", "Mean raw score of the step's completions."],
  kl: ["KL to the reference", "Nats per completion: how far the policy has gone."],
  penalized_reward: ["Penalized reward", "What is maximized: the reward after penalties."],
  entropy: ["Entropy", "Nats per token; near 0 the policy says one thing only."],
  completion_length: ["Completion length", "Mean tokens, end of text included."],
  ended: ["Ended", "Share of completions that ended by themselves."],
  repetition: ["Repetition", "Share of a completion's four-token runs that it said before."],
  reward_std: ["Reward spread", "Standard deviation over completions."],
  eval_accuracy: ["Held-out accuracy", "Pairs ordered right, at each checkpoint."],
  accuracy: ["Accuracy", "Pairs ordered right in the step's batch."],
  margin_mean: ["Margin", "Mean of the chosen less the rejected score."],
  eval_loss: ["Held-out loss", "At each checkpoint."],
  loss: ["Loss", "What is minimized."],
  policy_loss: ["Policy loss", "Stays near 0 while the reward rises: its gradient matters, not its value."],
  value_loss: ["Value loss", "Of the critic."],
  kl_loss: ["KL in the loss", "Unweighted."],
  explained_variance: ["Explained variance", "Of the returns, by the critic: 1 perfect, 0 no better than their mean."],
  clip_fraction: ["Clip fraction", "Share of tokens whose ratio was clipped."],
  approx_kl: ["Size of the updates", "Approximate KL from the old policy to the new, per token."],
  ratio_mean: ["Mean ratio", "New to old probability; should stay near 1."],
  ratio_max: ["Largest ratio", "New to old probability of a single token."],
  equal_reward_groups: ["Groups of equal rewards", "They teach nothing."],
  resampled_groups: ["Prompts sampled in addition", "In place of groups of equal rewards."],
  unscored: ["Completions left out", "No reward applies to them."],
  grad_norm: ["Gradient norm", "Before clipping."],
  value_grad_norm: ["Critic's gradient norm", "Before clipping."],
  kl_coefficient: ["KL coefficient", "The weight of the KL, as it stands."],
  learning_rate: ["Learning rate", "Of the step."],
  tokens_per_second: ["Tokens per second", "By the clock."],
  rollout_seconds: ["Seconds of rollouts", "Sampling and scoring, by the clock."],
  training_seconds: ["Seconds of updates", "By the clock."],
  step_seconds: ["Seconds of a step", "By the clock."],
};

// The first six of a group are shown at once, the others on request.
const GROUPS = [
  { title: "Policies", stages: ["ppo", "grpo"] },
  { title: "Reward models", stages: ["reward"] },
  { title: "Fine-tuning", stages: ["sft"] },
  { title: "Other runs", stages: ["unknown"] },
];
const SHOWN_AT_ONCE = 6;
