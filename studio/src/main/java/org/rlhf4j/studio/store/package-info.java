/**
 * The studio's store: SQLite in a folder, or PostgreSQL by its address. One schema and the same SQL
 * serve both. What the tables mean is known to the packages that use them.
 */
package org.rlhf4j.studio.store;
