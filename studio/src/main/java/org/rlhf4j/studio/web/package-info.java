/**
 * The studio over HTTP: what is checked of every request, the routes, and the files of the page. A
 * route's handler is a few lines over a class that knows no HTTP.
 */
package org.rlhf4j.studio.web;
