@NullMarked
package io.nimbus.healthmanager.crashes;

import org.jspecify.annotations.NullMarked;
