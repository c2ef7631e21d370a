/** Secrets at rest. */
@NullMarked
package io.nimbus.cloudcontroller.encryption;

import org.jspecify.annotations.NullMarked;
