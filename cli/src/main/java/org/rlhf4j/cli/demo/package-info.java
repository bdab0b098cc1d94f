/** What {@code rlhf demo} brings along: its rows and settings, and how its results are judged. */
package org.rlhf4j.cli.demo;
