/**
 * The studio: a page on one's own machine where people label, talk with a model and watch runs. The
 * packages below have one concern each; this one puts them together.
 */
package org.rlhf4j.studio;
