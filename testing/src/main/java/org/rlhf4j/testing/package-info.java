/**
 * What the tests of several modules share: tables of refusals held against the documents, and a
 * browser. A piece that only one module's tests use stays beside them.
 */
package org.rlhf4j.testing;
