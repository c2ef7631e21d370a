/**
 * Containers as a library: create, limit, run, attach, measure, destroy. One interface, {@link
 * io.nimbus.warden.Warden}; {@link io.nimbus.warden.Wardens} picks the backend that the host
 * offers. Containers belong to no process: they outlive the one that made them and are found again
 * by their handle.
 */
@NullMarked
package io.nimbus.warden;

import org.jspecify.annotations.NullMarked;
