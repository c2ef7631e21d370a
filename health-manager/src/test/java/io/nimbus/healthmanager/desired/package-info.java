@NullMarked
package io.nimbus.healthmanager.desired;

import org.jspecify.annotations.NullMarked;
