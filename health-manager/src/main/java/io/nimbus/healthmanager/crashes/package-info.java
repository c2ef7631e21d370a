/** Crash counts, where they survive the process. */
@NullMarked
package io.nimbus.healthmanager.crashes;

import org.jspecify.annotations.NullMarked;
