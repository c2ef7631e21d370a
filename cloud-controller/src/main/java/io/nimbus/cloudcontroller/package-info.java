/**
 * The controller of the platform: its API, its database, and the hands that DEAs and stagers are
 * told with.
 */
@NullMarked
package io.nimbus.cloudcontroller;

import org.jspecify.annotations.NullMarked;
