/** Features that operators switch, and environment variables for all apps. */
@NullMarked
package io.nimbus.cloudcontroller.flags;

import org.jspecify.annotations.NullMarked;
