/** Staging apps: from the row to the droplet. */
@NullMarked
package io.nimbus.cloudcontroller.staging;

import org.jspecify.annotations.NullMarked;
