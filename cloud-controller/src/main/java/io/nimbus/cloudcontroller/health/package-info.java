/** The health manager's side: its requests, its bulk reads, crashes. */
@NullMarked
package io.nimbus.cloudcontroller.health;

import org.jspecify.annotations.NullMarked;
