/** Which of several health managers acts. */
@NullMarked
package io.nimbus.healthmanager.lease;

import org.jspecify.annotations.NullMarked;
