/**
 * What the router counts. Each event loop counts for itself with plain writes; whoever publishes
 * the numbers adds the loops up and may see them a moment late.
 */
@NullMarked
package io.nimbus.router.metrics;

import org.jspecify.annotations.NullMarked;
