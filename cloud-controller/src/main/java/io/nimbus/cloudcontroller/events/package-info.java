/** What happened, and who did it. */
@NullMarked
package io.nimbus.cloudcontroller.events;

import org.jspecify.annotations.NullMarked;
