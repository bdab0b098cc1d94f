"""python3 -m unittest discover -s bench"""

import unittest

import reward_seeds
from judged import accuracy, mcnemar, wilson


class Judged(unittest.TestCase):
    def test_a_tie_counts_one_half(self):
        self.assertEqual(accuracy([2.0, 0.0, -1.0, 3.0]), 2.5 / 4)

    def test_wilson_of_eight_in_ten(self):
        # Centre (0.8 + 3.8416/20) / 1.38416, half width 1.96 sqrt(0.016 + 3.8416/400) / 1.38416.
        low, high = wilson(8, 10)
        self.assertAlmostEqual(low, 0.4902, 3)
        self.assertAlmostEqual(high, 0.9433, 3)

    def test_mcnemar_counts_pairs_that_only_one_has_right(self):
        both, first, second = [1] * 50, [1] * 5, [-1] * 5
        # Five of five throws the same way, either way: 2 / 2^5.
        self.assertAlmostEqual(mcnemar(both + first, both + second), 2 / 32)
        self.assertEqual(mcnemar(both + first, both + first), 1.0)
        # 20 against 6, as in docs/reward-model.md.
        self.assertAlmostEqual(mcnemar([1] * 20 + [-1] * 6, [-1] * 20 + [1] * 6), 0.0094, 4)


class Table(unittest.TestCase):
    def test_seeds_of_another_size_weigh_alike(self):
        # (1, -1) / 1 and (100, 300) / sqrt(50000): the first pair is right in both, the second in one.
        averaged = reward_seeds.together([[1.0, -1.0], [100.0, 300.0]])
        self.assertAlmostEqual(averaged[0], (1 + 100 / 50000**0.5) / 2)
        self.assertAlmostEqual(averaged[1], (-1 + 300 / 50000**0.5) / 2)

    def test_accuracy_apart_where_the_shorter_and_where_the_longer_was_chosen(self):
        margins, shorter = [1, 1, -1, 1], [5, -3, -2, 0]
        self.assertEqual(reward_seeds.by_length(margins, shorter, 1), "100.0")
        self.assertEqual(reward_seeds.by_length(margins, shorter, -1), "50.0")

    def test_the_interval_is_that_of_the_pairs_and_not_of_pairs_times_seeds(self):
        rows = reward_seeds.table({"ours": [[1] * 8 + [-1] * 2] * 3}).splitlines()
        self.assertIn("49.0 to 94.3", rows[2])


if __name__ == "__main__":
    unittest.main()
