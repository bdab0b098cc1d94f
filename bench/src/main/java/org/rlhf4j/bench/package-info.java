/** Side-by-side measurements against peers. */
package org.rlhf4j.bench;
