/**
 * Files of rows: CSV, JSON, JSON lines and Parquet, each read one row at a time into named fields
 * with their place in the file.
 */
package org.rlhf4j.data.file;
