/** The rlhf command. */
package org.rlhf4j.cli;
