/** The part of /v3 that clients of /v2 cannot do without. */
@NullMarked
package io.nimbus.cloudcontroller.v3;

import org.jspecify.annotations.NullMarked;
