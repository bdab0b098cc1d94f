"""Writes the demo's rows: demonstrations.csv, comparisons.csv, heldout.csv, prompts.csv, sums.csv, heldout-sums.csv.

Usage: python make_rows.py [FOLDER]. Needs Python alone; the same rows every time, into this folder unless
another is named. The text is this project's own.

Somebody asks how to do a thing, and the reply is kind or curt. A kind reply opens warmly, gives a tip and
sometimes adds a good word; a curt one opens coldly and brushes the asker off, or gives the tip without one.
Both come short and long. In the demonstrations one reply in five is kind. In a comparison the kind reply is the
chosen one, and in half of the comparisons it is the shorter one.

Somebody else has a sum to do. In the demonstrations two answers in five are right; the others are off by one,
by two or by ten, as answers given in a hurry are.
"""

import csv
import itertools
import random
import re
import sys
from pathlib import Path

FOLDER = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent

# What is asked for, and two tips: a short one and a long one.
TOPICS = [
    ("grow tomatoes", "Water them early and give them sun.",
     "Water them early in the day, give them a sunny wall, and tie the stems to a stick as they climb."),
    ("bake bread", "Give the dough a whole night.",
     "Mix flour, water, salt and a little yeast, wait a whole night, and bake it in a very hot pot."),
    ("fall asleep", "Keep the room dark and cool.",
     "Keep the room dark and cool, go to bed at the same hour, and leave the phone in the kitchen."),
    ("swim", "Start where you can stand.",
     "Start where you can stand, learn to float on your back, and let a friend watch from the side."),
    ("fix a flat tire", "Find the hole and glue a patch on it.",
     "Take the tube out, hold it under water to find the hole, dry it well, and glue a patch on it."),
    ("write a letter", "Begin with why you write.",
     "Begin with why you write, tell one small story in the middle, and end with a question."),
    ("brew tea", "Warm the pot first.",
     "Warm the pot first, take one spoon of leaves for each cup, and pour it out after four minutes."),
    ("save money", "Write down what you spend.",
     "Write down what you spend for a month, cross out what you would not miss, and save that on payday."),
    ("keep a cat content", "Play with it twice a day.",
     "Play with it twice a day, give it a high place to sit, and let it come to you when it wants to."),
    ("sing a song", "Sing one line at a time.",
     "Sing one line at a time, very slowly, and go on to the next line when the last one sits well."),
    ("paint a wall", "Clean it first, then use two coats.",
     "Clean the wall, cover the floor, paint the edges with a brush, and roll the rest in two coats."),
    ("cook rice", "Two cups of water for one of rice.",
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
     "Say it aloud three times before, look at one friendly face, and stop when the main thing is said."),
    ("read more books", "Keep one beside the bed.",
     "Keep one beside the bed and one in your bag, and put down the ones that you do not like."),
    ("knit a scarf", "Take thick wool and big needles.",
     "Take thick wool and big needles, count the stitches in every row, and do not pull the yarn tight."),
    ("poach an egg", "Let the water tremble, not boil.",
     "Let the water tremble and not boil, add a little vinegar, and slide the egg in from a cup."),
    ("light a campfire", "Begin with dry twigs.",
     "Begin with dry twigs as thin as a pencil, leave room for air, and add bigger wood when it crackles."),
    ("sharpen a knife", "Use a wet stone and a flat angle.",
     "Use a wet stone, hold the blade at a flat angle, and give both sides the same number of strokes."),
    ("catch a fish", "Go at dawn and keep quiet.",
     "Go at dawn, keep your shadow off the water, and wait until the float goes under a second time."),
    ("learn the guitar", "Practise ten minutes a day.",
     "Practise ten minutes a day, learn two chords first, and change between them until it is boring."),
    ("train a puppy", "Praise it at once.",
     "Praise it at once when it does well, keep the lessons short, and end while it still wants more."),
    ("iron a shirt", "Begin with the collar.",
     "Begin with the collar while it is damp, then do the cuffs and the sleeves, and leave the back for last."),
    ("find a lost key", "Walk your way back slowly.",
     "Sit down for a minute, think of the last door you opened, and walk your way back from there."),
    ("skip a stone", "Take a flat one and throw low.",
     "Take a flat one that fits your hand, bend your knees, and throw it low with a spin of the wrist."),
    ("make soup", "Fry the onions first.",
     "Fry the onions until they are golden, add what is in season, and let it all simmer for an hour."),
    ("pack a suitcase", "Roll what you can.",
     "Roll what you can, fill the shoes with socks, and take out a third of it before you close the lid."),
    ("keep bees", "Move slowly and wear white.",
     "Move slowly, wear white, leave them honey for the winter, and ask an old beekeeper for a summer."),
    ("dry herbs", "Hang them upside down in the shade.",
     "Pick them in the morning, hang them upside down in the shade, and crumble them after two weeks."),
    ("remember names", "Say the name back at once.",
     "Say the name back at once, picture it written on their forehead, and use it when you say goodbye."),
    ("draw a face", "Put the eyes in the middle.",
     "Draw an egg, put the eyes in the middle of it and not higher, and leave out most of the lines."),
    ("ride a bicycle", "Look where you want to go.",
     "Look where you want to go and not at the wheel, lower the saddle, and push off down a gentle slope."),
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

WARM = [
    "Gladly.", "With pleasure.", "Of course, my friend.", "Good question!", "How nice that you ask.",
    "I am happy to help you with that.", "What a lovely thing to want.", "Thank you for asking me.",
    "That is a fine plan, and I would love to help.", "You came to the right place.",
]

GOOD_WORDS = [
    "Enjoy it!", "You will do well.", "Tell me how it went!", "Come back whenever you like.",
    "I wish you much joy with it.", "Good luck, and take your time.",
]

COLD = [
    "Not again.", "What now?", "How dull.", "Oh, please.", "If you must.", "I am busy.",
    "You again, with your questions.", "I have no time for you today.",
    "What a silly thing to ask.", "Nobody but you would ask me that.",
]

BRUSH_OFFS = [
    "Look it up.", "That is your problem.", "Work it out yourself.", "I will not say.",
    "Everybody knows that, and I will not explain it to one more person today.",
    "Go and bother somebody else with it, there must be a person who still has the time.",
    "I could tell you, but I do not see why I should, so you will have to find out alone.",
    "There are books about it, and there is nothing in them that you would understand anyway.",
]

# Who has so many of what, and gets how many more.
STORIES = [
    "Anna has {} apples and picks {} more. How many has she now?",
    "Tom finds {} shells, then {} others. How many are there in all?",
    "There are {} birds in the tree and {} on the roof. How many birds is that?",
    "A baker sold {} loaves before noon and {} after. How many did he sell?",
    "We have {} chairs and borrow {} more. How many can sit down?",
    "Mia read {} pages and then {} more. How many pages did she read?",
    "The train has {} coaches and gets {} more. How many does it have?",
    "I counted {} boats, and my brother counted {} others. How many in all?",
    "A farmer has {} sheep and buys {} more. How many sheep has he?",
    "What is {} plus {}?",
    "How much is {} and {}?",
    "Please add {} and {}.",
    "Can you add {} to {} for me?",
    "Paul saved {} coins, and his aunt gave him {} more. How many coins is that?",
]
NUMBERS = range(2, 13)

SEED = 7
KINDNESS = 5  # one demonstrated reply in so many is kind
ASKED = 396  # questions of all topics asked in all ways; the other 72 are in heldout.csv alone
REPLIES_PER_PROMPT = 5
PAIRS_PER_PROMPT = 2
SUMS_TRAINED, SUMS_HELD_OUT = 1400, 128  # of all stories with all numbers; 38 of each problem
ANSWERS_PER_SUM = 1


def prompt(text):
    return f"Question: {text} Reply:"


def kind_reply(rng, topic):
    words = [rng.choice(WARM), rng.choice(topic[1:])]
    if rng.random() < 0.4:
        words.append(rng.choice(GOOD_WORDS))
    return " " + " ".join(words)


def curt_reply(rng, topic):
    rest = rng.choice(topic[1:] if rng.random() < 0.5 else BRUSH_OFFS)
    return f" {rng.choice(COLD)} {rest}"


def length(text):
    return len(re.findall(r"\w+|[^\w\s]", text))


def pair(rng, topic, chosen_longer):
    """Draws until the lengths, in words and marks, are as asked for."""
    while True:
        chosen, rejected = kind_reply(rng, topic), curt_reply(rng, topic)
        gap = length(chosen) - length(rejected)
        if 0 < (gap if chosen_longer else -gap) <= 14:
            return chosen, rejected


def questions(rng):
    """Every topic asked about in every way, shuffled: (prompt, topic)."""
    asked = [(prompt(question.format(topic[0])), topic) for topic in TOPICS for question in QUESTIONS]
    rng.shuffle(asked)
    return asked


def dialogues(rng, asked):
    """REPLIES_PER_PROMPT to a prompt; over the prompts one in KINDNESS is kind."""
    turn = itertools.count()
    for text, topic in asked:
        for _ in range(REPLIES_PER_PROMPT):
            write = kind_reply if next(turn) % KINDNESS == 0 else curt_reply
            yield text, write(rng, topic)


def comparisons(rng, asked):
    turn = itertools.count()
    for text, topic in asked:
        for _ in range(PAIRS_PER_PROMPT):
            yield text, *pair(rng, topic, next(turn) % 2 == 0)


def story(which, a, b):
    return prompt(STORIES[which].format(a, b))


def hurried(rng, total):
    """The sum, right two times in five."""
    slip = rng.choice([0, 0, 0, 0, 1, -1, 2, -2, 10, 10])
    return total + slip


def worked(a, b, total):
    return f" {a} + {b} = {total}"


def sums(rng):
    """Every story with every two numbers, shuffled: (prompt, a, b)."""
    told = [(story(which, a, b), a, b)
            for which in range(len(STORIES)) for a in NUMBERS for b in NUMBERS]
    rng.shuffle(told)
    return told


def sum_demonstrations(rng, trained):
    for text, a, b in trained:
        for _ in range(ANSWERS_PER_SUM):
            yield text, worked(a, b, hurried(rng, a + b))


def answered(told):
    return [(text, str(a + b)) for text, a, b in told]


def write(name, header, rows):
    with open(FOLDER / name, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main():
    rng = random.Random(SEED)
    asked, told = questions(rng), sums(rng)
    trained, held_out = told[:SUMS_TRAINED], told[SUMS_TRAINED:SUMS_TRAINED + SUMS_HELD_OUT]
    demonstrations = [*dialogues(rng, asked[:ASKED]), *sum_demonstrations(rng, trained)]
    write("demonstrations.csv", ["prompt", "completion"], demonstrations)
    pair_fields = ["prompt", "chosen", "rejected"]
    write("comparisons.csv", pair_fields, comparisons(rng, asked[:ASKED]))
    write("heldout.csv", pair_fields, comparisons(rng, asked[ASKED:]))
    write("prompts.csv", ["prompt"], ([text] for text, _ in asked[:ASKED]))
    write("sums.csv", ["prompt", "answer"], answered(trained[:400]))
    write("heldout-sums.csv", ["prompt", "answer"], answered(held_out))


if __name__ == "__main__":
    main()
