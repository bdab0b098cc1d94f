/**
 * Commands that answer row by row: score, logprobs and generate write a line for each, and inspect,
 * evaluate and compare sum them up.
 */
package org.rlhf4j.cli.rows;
