/** Pure decisions of staging: which buildpacks, which start command, whether there is room. */
@NullMarked
package io.nimbus.stager.policy;

import org.jspecify.annotations.NullMarked;
