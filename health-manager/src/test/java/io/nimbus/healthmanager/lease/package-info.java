@NullMarked
package io.nimbus.healthmanager.lease;

import org.jspecify.annotations.NullMarked;
