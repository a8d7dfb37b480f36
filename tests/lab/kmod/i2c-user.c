/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * i2c-user - an I2C adapter whose chips are played by a user-space process.
 *
 * Each open of /dev/i2c-user adds one adapter (/dev/i2c-N, N from the ioctl
 * below) with plain I2C and emulated SMBus, like the Raspberry Pi's.
 * read() gives the next transfer, write() its answer, poll() tells of one:
 *
 *   read:  u32 seq, u32 nmsgs, then for each message
 *          u16 addr, u16 flags, u32 len, and len bytes unless I2C_M_RD is set
 *   write: u32 seq, s32 ret (0 or -errno), then the bytes of all reads in turn
 *
 * A transfer that is not answered within timeout_ms fails with ETIMEDOUT, like
 * a bus whose clock is held. When the player closes, transfers fail with
 * ENODEV at once, but close() returns only when no one has the bus open: stop
 * the user of the bus first.
 */
#include <linux/i2c.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#define I2C_USER_NR _IO('u', 0x60) /* returns the adapter's number */

enum state { IDLE, ASKED, GIVEN, DONE };

struct bus {
	struct i2c_adapter adap;
	struct mutex lock;
	wait_queue_head_t wait;
	bool gone; /* the player has closed */
	enum state state;
	u32 seq;
	int ret;
	struct i2c_msg *msgs;
	int n;
};

static unsigned int timeout_ms = 1000;
module_param(timeout_ms, uint, 0644);

static int bus_xfer(struct i2c_adapter *adap, struct i2c_msg *msgs, int n)
{
	struct bus *b = i2c_get_adapdata(adap);
	int i, ret;

	for (i = 0; i < n; i++)
		if (msgs[i].flags & I2C_M_RECV_LEN)
			return -EOPNOTSUPP;
	mutex_lock(&b->lock);
	if (b->gone) {
		mutex_unlock(&b->lock);
		return -ENODEV;
	}
	b->msgs = msgs;
	b->n = n;
	b->seq++;
	b->state = ASKED;
	mutex_unlock(&b->lock);
	wake_up_all(&b->wait);
	wait_event_timeout(b->wait, READ_ONCE(b->state) == DONE || READ_ONCE(b->gone),
		msecs_to_jiffies(timeout_ms));
	mutex_lock(&b->lock);
	if (b->state == DONE)
		ret = b->ret;
	else
		ret = b->gone ? -ENODEV : -ETIMEDOUT;
	b->state = IDLE;
	b->msgs = NULL;
	mutex_unlock(&b->lock);
	return ret ?: n;
}

static u32 bus_func(struct i2c_adapter *adap)
{
	return I2C_FUNC_I2C | I2C_FUNC_SMBUS_EMUL;
}

static const struct i2c_algorithm bus_algo = {
	.master_xfer = bus_xfer,
	.functionality = bus_func,
};

static ssize_t user_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	struct bus *b = file->private_data;
	size_t at = 8;
	int i, ret;

	for (;;) {
		mutex_lock(&b->lock);
		if (b->state == ASKED)
			break;
		mutex_unlock(&b->lock);
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		ret = wait_event_interruptible(b->wait, READ_ONCE(b->state) == ASKED);
		if (ret)
			return ret;
	}
	ret = -EFAULT;
	if (len < 8 || put_user(b->seq, (u32 __user *)buf) ||
		put_user(b->n, (u32 __user *)(buf + 4)))
		goto out;
	for (i = 0; i < b->n; i++) {
		struct i2c_msg *m = &b->msgs[i];
		struct {
			u16 addr, flags;
			u32 len;
		} h = {m->addr, m->flags, m->len};
		size_t data = m->flags & I2C_M_RD ? 0 : m->len;

		if (at + sizeof(h) + data > len || copy_to_user(buf + at, &h, sizeof(h)) ||
			copy_to_user(buf + at + sizeof(h), m->buf, data))
			goto out;
		at += sizeof(h) + data;
	}
	b->state = GIVEN;
	ret = at;
out:
	mutex_unlock(&b->lock);
	return ret;
}

static ssize_t user_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	struct bus *b = file->private_data;
	struct {
		u32 seq;
		s32 ret;
	} h;
	size_t at = sizeof(h);
	int i, ret = -EINVAL;

	if (len < sizeof(h) || copy_from_user(&h, buf, sizeof(h)))
		return -EFAULT;
	mutex_lock(&b->lock);
	if (b->state != GIVEN || h.seq != b->seq)
		goto out; /* too late, it timed out */
	for (i = 0; i < b->n && !h.ret; i++) {
		struct i2c_msg *m = &b->msgs[i];

		if (!(m->flags & I2C_M_RD))
			continue;
		if (at + m->len > len || copy_from_user(m->buf, buf + at, m->len))
			goto out;
		at += m->len;
	}
	b->ret = h.ret;
	b->state = DONE;
	ret = len;
out:
	mutex_unlock(&b->lock);
	wake_up_all(&b->wait);
	return ret;
}

static __poll_t user_poll(struct file *file, poll_table *pt)
{
	struct bus *b = file->private_data;

	poll_wait(file, &b->wait, pt);
	return READ_ONCE(b->state) == ASKED ? EPOLLIN | EPOLLRDNORM : 0;
}

static long user_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct bus *b = file->private_data;

	return cmd == I2C_USER_NR ? b->adap.nr : -ENOTTY;
}

static int user_open(struct inode *inode, struct file *file)
{
	struct bus *b = kzalloc(sizeof(*b), GFP_KERNEL);
	int ret;

	if (!b)
		return -ENOMEM;
	mutex_init(&b->lock);
	init_waitqueue_head(&b->wait);
	b->adap.owner = THIS_MODULE;
	b->adap.algo = &bus_algo;
	strscpy(b->adap.name, "i2c-user", sizeof(b->adap.name));
	i2c_set_adapdata(&b->adap, b);
	ret = i2c_add_adapter(&b->adap);
	if (ret) {
		kfree(b);
		return ret;
	}
	file->private_data = b;
	return nonseekable_open(inode, file);
}

static int user_release(struct inode *inode, struct file *file)
{
	struct bus *b = file->private_data;

	mutex_lock(&b->lock);
	b->gone = true;
	mutex_unlock(&b->lock);
	wake_up_all(&b->wait);
	i2c_del_adapter(&b->adap); /* waits until no one has it open */
	kfree(b);
	return 0;
}

static const struct file_operations user_fops = {
	.owner = THIS_MODULE,
	.open = user_open,
	.release = user_release,
	.read = user_read,
	.write = user_write,
	.poll = user_poll,
	.unlocked_ioctl = user_ioctl,
};

static struct miscdevice user_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "i2c-user",
	.fops = &user_fops,
};
module_misc_device(user_misc);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("I2C adapter with chips played by user space");
