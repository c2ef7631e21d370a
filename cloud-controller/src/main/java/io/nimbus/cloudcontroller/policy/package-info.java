/**
 * Pure decisions: placement, what a change of an app sends, what the health manager is allowed. No
 * I/O, no clock of their own.
 */
@NullMarked
package io.nimbus.cloudcontroller.policy;

import org.jspecify.annotations.NullMarked;
