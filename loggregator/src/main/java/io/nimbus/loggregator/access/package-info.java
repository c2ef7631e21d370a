/** Who may read an app's logs. */
@NullMarked
package io.nimbus.loggregator.access;

import org.jspecify.annotations.NullMarked;
