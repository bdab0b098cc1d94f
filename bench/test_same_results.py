"""What same_results.py leaves out of a text, and what it finds between two recordings."""

import json
import struct
import tempfile
import unittest
from pathlib import Path

import same_results
from same_commands import Case, commands, options


def safetensors(values, metadata):
    header = json.dumps({"__metadata__": metadata, "w": {"dtype": "F32", "shape": [len(values)],
                                                         "data_offsets": [0, 4 * len(values)]}}).encode()
    return struct.pack("<Q", len(header)) + header + struct.pack(f"<{len(values)}f", *values)


class SameResultsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def recorded(self, name, loss, weights, metadata):
        """A recording of one run, made by hand."""
        recording = same_results.Recording(Path("/checkout"), self.folder / name)
        run, kept = recording.work / "runs" / "sft", recording.folder / "sft"
        (run / "model").mkdir(parents=True)
        kept.mkdir()
        (run / "metrics.jsonl").write_text(json.dumps({"step": 1, "loss": loss, "step_seconds": loss}) + "\n")
        (run / "config.yaml").write_text(f"output: {run}\nsteps: 2\n")
        (run / "model" / "model.safetensors").write_bytes(safetensors(weights, metadata))
        recording.keep_folder(run, kept)
        return recording.folder

    def differences(self, a, b):
        return list(same_results.differences(a, b, None))

    def test_paths_and_times_make_no_difference(self):
        self.assertEqual([], self.differences(self.recorded("a", 1.0, [1, 2], {}), self.recorded("b", 1.0, [1, 2], {})))
        plain = same_results.Recording(Path("/checkout"), Path("/a")).plain
        self.assertEqual("sft: step 2/3, TIME left, loss 3.9\n",
                         plain("sft: step 2/3, 6.0 s/step, 0:06 left, loss 3.9\n"))
        self.assertEqual("", plain("sft: step 40/400, 7.4 steps/s, 0:49 left, loss 2.6\n"))
        self.assertEqual('{"tokens_per_second":0,"loss":2}', plain('{"tokens_per_second":[1,\n2],"loss":2}'))
        self.assertEqual("WORK/runs/x CHECKOUT/rlhf", plain("/a/work/runs/x /checkout/rlhf"))

    def test_another_number_and_other_weights_are_told(self):
        found = self.differences(self.recorded("a", 1.0, [1, 2], {}), self.recorded("b", 1.5, [1, 3], {}))
        self.assertEqual([("weights", "sft", "model/model.safetensors: other tensors"),
                          ("metrics", "sft", "metrics.jsonl: 1 lines differ; line 1: loss 1.0 → 1.5")], found)

    def test_same_tensors_in_another_file_are_told_apart(self):
        found = self.differences(self.recorded("a", 1.0, [1], {}), self.recorded("b", 1.0, [1], {"format": "pt"}))
        self.assertEqual([("weights", "sft", "model/model.safetensors: the same tensors, in another file")], found)

    def test_settings_are_shown_as_a_diff(self):
        a, b = self.recorded("a", 1.0, [1], {}), self.recorded("b", 1.0, [1], {})
        file = b / "sft" / "run" / "config.yaml"
        file.write_text(file.read_text().replace("steps: 2", "steps: 3"))
        self.assertEqual([("config", "sft", "-steps: 2\n+steps: 3")], self.differences(a, b))

    def test_what_is_asked_for_runs_after_what_it_needs(self):
        cases = commands()
        self.assertEqual(len(cases), len({case.name for case in cases}))
        self.assertEqual(["demo", "sft", "reward", "ppo-tokenizer"],
                         [case.name for case in same_results.chosen(cases, ["ppo-tokenizer"])])
        self.assertEqual([], Case("x", ("--model", "runs/sft-lora")).needs([Case("sft", (), "runs/sft")]))

    def test_an_option_given_twice_has_its_last_value(self):
        self.assertEqual(("sft", "--data", "a", "--data", "b", "--steps", "4", "--threads", "2", "--seed", "0"),
                         options("sft --steps 2 --data a --data b --steps 4"))


if __name__ == "__main__":
    unittest.main()
