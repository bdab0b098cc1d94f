/**
 * How far annotators agree, beyond what chance would bring: coefficients as small pure functions,
 * and what they say of a project.
 */
package org.rlhf4j.studio.agreement;
