"""python3 -m unittest discover -s bench"""

import json
import random
import tempfile
import unittest
from pathlib import Path

from spark_cost import Costs, drawn, efficiency, makespan, stage_seconds, stages_of, step_seconds

NOTHING = Costs(launch=0.2, dispatch=0.01, add=2e9, link=1e9, bytes=1e8)


class ModelTest(unittest.TestCase):
    def test_the_worker_that_is_free_first_takes_the_next_task(self):
        # 5 and 3 begin; the second worker takes 4 at 3 and is done at 7; the first takes 1 at 5.
        self.assertEqual(7, makespan([5, 3, 4, 1], 2))
        self.assertEqual(13, makespan([5, 3, 4, 1], 1))
        self.assertEqual(5, makespan([5, 3, 4, 1], 9))

    def test_a_step_by_hand(self):
        # Sent: 2 * 1e8 / 1e9 = 0.2. Sampling: 0.2 + 4 * 0.01 + 7 = 7.24.
        # Passes: 0.2 + 2 * 0.01 + 3 + 2 * (0.1 + 0.05) = 3.52.
        self.assertAlmostEqual(7.24, stage_seconds([5, 3, 4, 1], 2, NOTHING, 0, random.Random(0)))
        self.assertAlmostEqual(10.96, step_seconds([5, 3, 4, 1], [3, 2], 2, NOTHING, random.Random(0)))
        # Work: 13 + 5 = 18 s, 9 on each of two workers.
        self.assertAlmostEqual(9 / 10.96, efficiency([5, 3, 4, 1], [3, 2], 2, NOTHING, random.Random(0), steps=3))

    def test_what_may_happen_to_a_task(self):
        slow = Costs(0, 0, 1, 1, 0, straggler_share=1, straggler_factor=4)
        self.assertEqual(8, drawn(2, 1, slow, random.Random(0)))
        # Started again after 1.5 medians: 1.5 * 1 + 2.
        again = Costs(0, 0, 1, 1, 0, straggler_share=1, straggler_factor=4, speculation=1.5)
        self.assertEqual(3.5, drawn(2, 1, again, random.Random(0)))
        lost = Costs(0, 0, 1, 1, 0, failure_share=1, detection=10)
        self.assertEqual(14, drawn(2, 1, lost, random.Random(0)))
        self.assertEqual(2, drawn(2, 1, NOTHING, random.Random(0)))

    def test_the_draws_follow_from_the_seed(self):
        slow = Costs(0, 0, 1e9, 1e9, 0, straggler_share=0.5, straggler_factor=3)
        one, same, other = (efficiency([1] * 50, [1] * 50, 7, slow, random.Random(seed)) for seed in (1, 1, 2))
        self.assertEqual(one, same)
        self.assertNotEqual(one, other)


class EventLogTest(unittest.TestCase):
    def test_a_stage_and_its_busiest_executor(self):
        def task(executor, milliseconds):
            return {"Event": "SparkListenerTaskEnd", "Stage ID": 3, "Task Info": {"Executor ID": executor},
                    "Task Metrics": {"Executor Run Time": milliseconds, "Result Size": 10,
                                     "Executor CPU Time": 1_000_000 * milliseconds // 2}}

        events = [task("0", 500), task("1", 200), task("1", 400),
                  {"Event": "SparkListenerStageCompleted",
                   "Stage Info": {"Stage ID": 3, "Submission Time": 1000, "Completion Time": 1750}}]
        with tempfile.TemporaryDirectory() as folder:
            log = Path(folder) / "log"
            log.write_text("\n".join(map(json.dumps, events)))
            stage, = stages_of(log)
        self.assertAlmostEqual(0.75, stage.seconds)
        self.assertAlmostEqual(0.6, stage.busiest())
        self.assertEqual([0.25, 0.1, 0.2], [cpu for *_, cpu in stage.tasks])


if __name__ == "__main__":
    unittest.main()
