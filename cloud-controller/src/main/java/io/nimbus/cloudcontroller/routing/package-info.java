/** Domains, routes, and which app serves them. */
@NullMarked
package io.nimbus.cloudcontroller.routing;

import org.jspecify.annotations.NullMarked;
