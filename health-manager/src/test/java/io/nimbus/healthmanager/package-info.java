@NullMarked
package io.nimbus.healthmanager;

import org.jspecify.annotations.NullMarked;
