/**
 * What a DEA decides: pure functions of messages, events and time, without I/O. The simulation runs
 * this very code.
 */
@NullMarked
package io.nimbus.dea.policy;

import org.jspecify.annotations.NullMarked;
