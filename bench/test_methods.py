"""The table and the curves of methods.py, on evaluations made by hand."""

import unittest

import methods


def line(method, seed, step, kl, difference):
    return {"method": method, "seed": seed, "step": step, "samples": 8 * step, "kl": kl, "difference": difference,
            "reward": difference - 2, "win_rate": 0.5, "completion_length": 10, "ended": 0.75}


LINES = [line("A", 0, 1, 1, 0.5), line("A", 0, 2, 3, 0.9), line("A", 1, 1, 2, 0.6), line("A", 1, 2, 4, 1.0),
         line("B", 0, 2, 1, -0.25)]


class MethodsTest(unittest.TestCase):
    def test_gain_is_read_between_evaluations(self):
        points = [(1, 0.5), (3, 0.9)]
        self.assertAlmostEqual(0.7, methods.gain_at(points, 2))
        self.assertAlmostEqual(0.25, methods.gain_at(points, 0.5))
        self.assertAlmostEqual(0.9, methods.gain_at(points, 3))
        self.assertIsNone(methods.gain_at(points, 3.1))
        # A curve that comes back is read where it first gets there.
        self.assertAlmostEqual(0.5, methods.gain_at([(2, 1.0), (0.5, 0.2), (2, 2.0)], 1))

    def test_curves_are_means_over_seeds(self):
        self.assertEqual({"A": [(0.0, 0.0), (1.5, 0.55), (3.5, 0.95)], "B": [(0.0, 0.0), (1, -0.25)]},
                         methods.curves(LINES))

    def test_a_curve_is_cut_at_a_kl(self):
        points = [(0, 0), (1, 0.5), (3, 0.9)]
        self.assertEqual([(0, 0), (1, 0.5), (2, 0.7)], methods.up_to(points, 2))
        self.assertEqual(points, methods.up_to(points, 3))

    def test_a_difference_is_over_the_seeds_that_both_have(self):
        # Differences of 0.1, 0.3 and 0.2: mean 0.2, deviation 0.1; 4.303 * 0.1 / sqrt(3).
        mean, half, seeds = methods.paired({0: 0.5, 1: 0.9, 2: 0.7, 3: 8.0}, {0: 0.4, 1: 0.6, 2: 0.5, 4: 1.0})
        self.assertAlmostEqual(0.2, mean)
        self.assertAlmostEqual(0.2484, half, 4)
        self.assertEqual(3, seeds)
        self.assertIsNone(methods.paired({0: 0.5, 1: 0.9}, {0: 0.4}))

    def test_gains_are_by_seed(self):
        self.assertEqual({0: 0.9, 1: 0.8}, methods.gains(LINES, "A", 3))
        self.assertEqual({1: 1.0}, methods.gains(LINES, "A", 4))

    def test_table(self):
        rows = methods.table(LINES, [2, 3.5]).splitlines()
        self.assertEqual("| method | gain | KL, nats | win rate | gain at 2 nats | gain at 3.5 nats | length | ended |"
                         " less penalties |", rows[0])
        # Rewards of -1.1 and -1, less a quarter of the penalty of 1.
        # At 2 nats 0.7 and 0.6, deviation 0.1 / sqrt(2); at 3.5 one seed alone: 0.6 + 0.75 * 0.4.
        self.assertEqual("| A | 0.95 ± 0.07 | 3.50 ± 0.71 | 0.50 ± 0.00 | 0.65 ± 0.07 | 0.90 (1) | 10.0 ± 0.0 |"
                         " 0.75 ± 0.00 | -1.30 ± 0.07 |", rows[2])
        self.assertEqual("| B | -0.25 | 1.00 | 0.50 | – | – | 10.0 | 0.75 | -2.50 |", rows[3])


if __name__ == "__main__":
    unittest.main()
