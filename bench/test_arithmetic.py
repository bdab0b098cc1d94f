"""python3 -m unittest discover -s bench"""

import json
import tempfile
import unittest
from pathlib import Path

import plot
from arithmetic import Shape, Tree


class ArithmeticTest(unittest.TestCase):
    def shape(self, **config):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "config.json").write_text(json.dumps(config))
            return Shape.of(folder)

    def test_a_tree_counts_its_prompt_once(self):
        tree = Tree(3, (2, 1), times=2)
        # Tokens: 3 + 2 + 1. Pairs: 3*4/2 = 6 in the prompt; 2*3 + 3 = 9 and 1*3 + 1 = 4 after it.
        self.assertEqual((12, 2 * (6 + 9 + 4)), (tree.tokens, tree.pairs))

    def test_gpt2(self):
        shape = self.shape(model_type="gpt2", n_embd=4, n_layer=2, n_head=2, vocab_size=10)
        # A layer: 4*4*4 = 64 of attention, 2*4*16 = 128 of the MLP.
        self.assertEqual(192, shape.block_weights)
        # 2 layers * (2*192*3 tokens + 4*4*6 pairs).
        self.assertEqual(2 * (1152 + 96), shape.body([Tree(0, (3,))]))
        self.assertEqual(2 * 10 * 4 * 2, shape.head(2))
        self.assertEqual(3 * (2496 + 160), shape.training([Tree(0, (3,))], 2))
        self.assertEqual(4 * (2 * 192 + 40), shape.decode_bytes())

    def test_llama_with_grouped_heads(self):
        shape = self.shape(model_type="llama", hidden_size=4, num_hidden_layers=1, vocab_size=10,
                           num_attention_heads=4, num_key_value_heads=2, head_dim=3,
                           intermediate_size=5)
        # q and o: 2*4*12 = 96; k and v: 2*4*6 = 48; the MLP: 3*4*5 = 60.
        self.assertEqual(204, shape.block_weights)
        self.assertEqual(12, shape.attention)

    def test_gpt2_124m_has_the_weights_of_its_matrices(self):
        shape = Shape.of(Path(__file__).parent / "peers/models/gpt2-124m.json")
        # 12 layers * 12*768*768 + 50258*768.
        self.assertEqual(84_934_656 + 38_598_144, shape.decode_bytes() // 4)


class PlotTest(unittest.TestCase):
    def test_axis_steps_are_round(self):
        self.assertEqual([0, 5, 10, 15], plot.ticks(12.3))
        self.assertEqual([0, 0.1, 0.2, 0.3, 0.4], [round(t, 9) for t in plot.ticks(0.31)])
        self.assertEqual([0, 10, 20, 30, 40], plot.ticks(32))
        self.assertEqual([-2, -1, 0, 1, 2, 3], plot.ticks(2.5, -1.2))
        self.assertEqual([-2, -1, 0], plot.ticks(-0.5, -1.9, about=2))

    def test_every_curve_is_drawn(self):
        svg = plot.svg("t <1>", "x", "s", {"a & b": [(1, 2.0), (2, 4.0)], "c": [(1, 1.0)]})
        self.assertEqual(2, svg.count("<polyline"))
        self.assertIn("a &amp; b", svg)
        self.assertIn("t &lt;1&gt;", svg)


if __name__ == "__main__":
    unittest.main()
