/**
 * The report: runs as one page that needs nothing else. Java reads the run directories and picks
 * what is shown; the scripts beside this package in the resources draw it.
 */
package org.rlhf4j.report;
