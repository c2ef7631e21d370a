/** Running apps: from the row to the messages that DEAs obey. */
@NullMarked
package io.nimbus.cloudcontroller.running;

import org.jspecify.annotations.NullMarked;
