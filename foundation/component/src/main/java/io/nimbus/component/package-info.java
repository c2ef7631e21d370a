/**
 * What every process is made of: {@link io.nimbus.component.Config}, {@link
 * io.nimbus.component.Component}s started and stopped in order, {@link io.nimbus.component.Health},
 * a {@link io.nimbus.component.StatusServer}, and its announcement on the bus.
 */
@NullMarked
package io.nimbus.component;

import org.jspecify.annotations.NullMarked;
