/** Who calls, and which rows his roles reach. */
@NullMarked
package io.nimbus.cloudcontroller.access;

import org.jspecify.annotations.NullMarked;
