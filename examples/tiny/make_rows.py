"""Writes the rows of the tiny example: demonstrations.csv, comparisons.csv, heldout.csv, prompts.csv.

Usage: python make_rows.py. Needs Python alone; the same rows every time. The text is this project's own.

A reply is an opening and an answer. The opening is friendly or rude, the answer helps or refuses, and both
come short and long. Demonstrations have every kind equally often, so a model that learns them is friendly
half the time. In a comparison the chosen reply is friendlier or more helpful, or both, and never the less
so in either; in half of them it is the longer one, in the other half the shorter one.
"""

import csv
import itertools
import random
import re
from pathlib import Path

FOLDER = Path(__file__).resolve().parent

# What is asked for, and two answers: a short one and a long one.
TOPICS = [
    ("grow tomatoes", "Water them early and give them sun.",
     "Water them early in the day, give them a sunny wall, and tie the stems to a stick as they climb."),
    ("bake bread", "Give the dough a whole night.",
     "Mix flour, water, salt and a little yeast, wait a whole night, and bake it in a very hot pot."),
    ("fall asleep", "Keep the room dark and cool.",
     "Keep the room dark and cool, go to bed at the same hour, and leave the phone in the kitchen."),
    ("swim", "Start where you can stand.",
     "Start where you can stand, learn to float on your back, and let a friend watch you from the side."),
    ("fix a flat tire", "Find the hole and glue a patch.",
     "Take the tube out, hold it under water to find the hole, dry it well, and glue a patch on it."),
    ("write a letter", "Begin with why you write.",
     "Begin with why you write, tell one small story in the middle, and end with a question for them."),
    ("brew good tea", "Warm the pot first.",
     "Warm the pot first, take one spoon of leaves for each cup, and pour it out after four minutes."),
    ("save money", "Write down what you spend.",
     "Write down what you spend for a month, cross out what you would not miss, and save that on payday."),
    ("keep a cat happy", "Play with it twice a day.",
     "Play with it twice a day, give it a high place to sit, and let it come to you when it wants to."),
    ("sing a song", "Sing one line at a time.",
     "Sing one line at a time, very slowly, and go on to the next line when the last one sits well."),
    ("paint a wall", "Clean it first, then use two coats.",
     "Clean the wall, cover the floor, paint the edges with a brush, and roll the rest in two coats."),
    ("cook rice", "Use two cups of water for one of rice.",
     "Wash it, use two cups of water for one of rice, keep the lid on, and leave it alone for a while."),
    ("make a friend", "Ask a question and listen.",
     "Ask a question and listen to the answer, remember what you heard, and say hello the next time too."),
    ("run farther", "Run more slowly.",
     "Run so slowly that you could talk, add a little every week, and rest for a day after a long run."),
    ("clean a window", "Use warm water and old newspaper.",
     "Use warm water with a drop of vinegar, wipe from the top down, and dry it with old newspaper."),
    ("plant a tree", "Dig wide, not deep.",
     "Dig a hole that is wide and not deep, spread the roots, fill it with soil, and water it for a year."),
    ("calm a baby", "Hold it close and hum.",
     "Hold it close and hum, walk up and down in the dark, and ask for help before you are too tired."),
    ("give a speech", "Say it aloud three times before.",
     "Say it aloud three times before, look at one kind face, and stop when you have said the main thing."),
    ("read more books", "Keep one beside the bed.",
     "Keep one beside the bed and one in your bag, and put down the books that you do not enjoy."),
    ("knit a scarf", "Take thick wool and big needles.",
     "Take thick wool and big needles, count the stitches in every row, and do not pull the yarn tight."),
]

QUESTIONS = [
    "How do I {}?",
    "What is the best way to {}?",
    "Can you tell me how to {}?",
    "I want to {}. Where do I start?",
    "My sister wants to {}. What should she do?",
    "Please explain how to {}.",
    "Is there a good way to {}?",
    "Tell me how to {}.",
    "What do I need to know to {}?",
    "Could you help me to {}?",
    "I have never tried to {}. What do you say?",
    "Do you know how to {}?",
    "How can I learn to {}?",
]

FRIENDLY = [
    "Of course.", "Gladly.", "Good question.", "With pleasure.",
    "I am happy to help you with that.", "What a lovely thing to ask about.",
    "Thank you for asking me, I like this one.", "That is a fine plan, and I can help.",
]

RUDE = [
    "Not again.", "What now?", "How dull.", "Oh, please.",
    "I have no time for you today.", "What a silly thing to ask about.",
    "You ask too much, and you ask it badly.", "Nobody but you would ask me that.",
]

REFUSALS = [
    "Look it up.", "That is your problem.", "Work it out yourself.", "I will not say.",
    "Everybody knows that, and I will not explain it to one more person today.",
    "Go and bother somebody else with it, there must be a person who still has the time.",
    "I could tell you, but I do not see why I should, so you will have to find out alone.",
    "There are books about it, and there is nothing in them that you would understand anyway.",
]

SEED = 7
ASKED, HELD_OUT = range(11), range(11, 13)  # ways of asking; the last two are in heldout.csv alone
PAIRS_PER_PROMPT = 3


def reply(rng, topic, friendly, helps):
    opening = rng.choice(FRIENDLY if friendly else RUDE)
    answer = rng.choice(topic[1:] if helps else REFUSALS)
    return f" {opening} {answer}"


def prompt(topic, question):
    return f"Question: {QUESTIONS[question].format(topic[0])} Reply:"


# (friendly, helps) of the chosen and of the rejected reply.
KINDS = list(itertools.product((True, False), repeat=2))
BETTER = [(a, b) for a in KINDS for b in KINDS if a != b and a[0] >= b[0] and a[1] >= b[1]]


def length(text):
    return len(re.findall(r"\w+|[^\w\s]", text))


def pair(rng, topic, kinds, chosen_longer):
    """Draws until the lengths, in words and marks, are as asked for."""
    while True:
        chosen, rejected = (reply(rng, topic, *kind) for kind in kinds)
        gap = length(chosen) - length(rejected)
        if 0 < (gap if chosen_longer else -gap) <= 14:
            return chosen, rejected


def demonstrations(rng):
    for topic in TOPICS:
        for question in ASKED:
            for kind in KINDS:
                yield prompt(topic, question), reply(rng, topic, *kind)


def comparisons(rng, questions):
    turn = itertools.count()
    for topic in TOPICS:
        for question in questions:
            for _ in range(PAIRS_PER_PROMPT):
                n = next(turn)
                kinds = BETTER[n // 2 % len(BETTER)]
                yield prompt(topic, question), *pair(rng, topic, kinds, n % 2 == 0)


def write(name, header, rows):
    with open(FOLDER / name, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main():
    rng = random.Random(SEED)
    write("demonstrations.csv", ["prompt", "completion"], demonstrations(rng))
    pair_fields = ["prompt", "chosen", "rejected"]
    write("comparisons.csv", pair_fields, comparisons(rng, ASKED))
    write("heldout.csv", pair_fields, comparisons(rng, HELD_OUT))
    write("prompts.csv", ["prompt"], ([prompt(t, q)] for t in TOPICS for q in ASKED))


if __name__ == "__main__":
    main()
