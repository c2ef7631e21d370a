/** Stacks and buildpacks. */
@NullMarked
package io.nimbus.cloudcontroller.stacks;

import org.jspecify.annotations.NullMarked;
