/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * w1-sim - a 1-Wire bus master with simulated DS18B20 slaves on it.
 *
 * The slaves are modelled at the bit-slot level (touch_bit), wired-AND, so the
 * kernel's own w1 core and w1_therm run unchanged on top: ROM search, match,
 * skip, convert, scratchpad with CRC, power supply, copy and recall.
 *
 *   echo 28-0000012345ab > /sys/devices/w1-sim/add      (also: remove)
 *   echo 21500 > /sys/devices/w1-sim/28-0000012345ab/temp        (m°C)
 *   echo "crc 2" > .../fault                     FAULT [how often, or for ever]
 *
 * none   answers as it should       gone   off the bus, also for searches
 * crc    one bit of the reading flipped    zero, ones   nine equal bytes
 * power  each conversion ends in a brown-out: the power-on 85 degrees
 * slow   a conversion takes five seconds
 */
#include <linux/device.h>
#include <linux/jiffies.h>
#include <linux/kobject.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/w1.h>

enum state { IDLE, ROM_CMD, MATCH, SEARCH, FUNC, OUT, IN, BUSY };
enum fault { NONE, CRC, GONE, POWER, ZERO, ONES, SLOW };

static const char *const fault_name[] = {
	"none", "crc", "gone", "power", "zero", "ones", "slow", NULL};

struct slave {
	struct list_head node;
	struct kobject kobj;
	u8 rom[8];
	u8 pad[9]; /* scratchpad, last byte the CRC */
	u8 ee[3];  /* TH, TL, config */
	int temp;  /* milli degrees Celsius */
	enum fault fault;
	int times; /* how often the fault still strikes, -1: for ever */
	unsigned int reads, converts;
	/* where it is in the dialogue */
	enum state st;
	unsigned int n;   /* slots seen in this state */
	unsigned int len; /* bytes to send in OUT */
	u8 acc;
	u8 buf[9];
	unsigned long ready;
};

static unsigned int conv_ms = 20;
module_param(conv_ms, uint, 0644);
MODULE_PARM_DESC(conv_ms, "time that a slave answers 'busy' after CONVERT T");

static LIST_HEAD(slaves);
static DEFINE_SPINLOCK(lock);
static struct device *root;

#define to_slave(k) container_of(k, struct slave, kobj)

static bool strike(struct slave *s, enum fault f)
{
	if (s->fault != f || !s->times)
		return false;
	if (s->times > 0 && !--s->times)
		s->fault = NONE;
	return true;
}

static bool here(struct slave *s)
{
	return s->fault != GONE;
}

static void convert(struct slave *s)
{
	int raw = DIV_ROUND_CLOSEST(s->temp * 16, 1000);
	int bits = 9 + ((s->pad[4] >> 5) & 3);

	s->converts++;
	s->ready = jiffies + msecs_to_jiffies(strike(s, SLOW) ? 5000 : conv_ms);
	if (strike(s, POWER))
		return; /* brown-out: the power-on 85 degrees stay */
	raw &= ~0U << (12 - bits);
	s->pad[0] = raw;
	s->pad[1] = raw >> 8;
	s->pad[6] = 0x10 - (raw & 0xf);
}

static void power_on(struct slave *s)
{
	static const u8 pad[8] = {0x50, 0x05, 0, 0, 0, 0xff, 0x0c, 0x10};

	memcpy(s->pad, pad, 8);
	memcpy(s->pad + 2, s->ee, 3);
}

static void rom_command(struct slave *s, u8 cmd)
{
	switch (cmd) {
	case W1_READ_ROM:
		s->st = OUT;
		s->len = 8;
		memcpy(s->buf, s->rom, 8);
		break;
	case W1_MATCH_ROM:
		s->st = MATCH;
		break;
	case W1_SKIP_ROM:
		s->st = FUNC;
		break;
	case W1_SEARCH:
		s->st = SEARCH;
		break;
	default:
		s->st = IDLE;
		break;
	}
}

static void function(struct slave *s, u8 cmd)
{
	s->st = IDLE;
	switch (cmd) {
	case W1_CONVERT_TEMP:
		convert(s);
		s->st = BUSY;
		break;
	case W1_READ_SCRATCHPAD:
		s->reads++;
		s->st = OUT;
		s->len = 9;
		s->pad[8] = w1_calc_crc8(s->pad, 8);
		memcpy(s->buf, s->pad, 9);
		if (strike(s, CRC))
			s->buf[0] ^= 0x04;
		if (strike(s, ZERO))
			memset(s->buf, 0, 9);
		if (strike(s, ONES))
			memset(s->buf, 0xff, 9);
		break;
	case W1_WRITE_SCRATCHPAD:
		s->st = IN;
		break;
	case W1_COPY_SCRATCHPAD:
		memcpy(s->ee, s->pad + 2, 3);
		break;
	case 0xb8: /* RECALL EEPROM */
		memcpy(s->pad + 2, s->ee, 3);
		break;
	case W1_READ_PSUPPLY: /* all ones: external supply */
		break;
	}
}

/* one time slot: what the master drives, what this slave leaves of it */
static u8 slot(struct slave *s, u8 bit)
{
	u8 out = 1, mine;
	unsigned int n = s->n++;

	switch (s->st) {
	case ROM_CMD:
	case FUNC:
		s->acc = s->acc >> 1 | bit << 7;
		if (n < 7)
			break;
		s->n = 0;
		if (s->st == ROM_CMD)
			rom_command(s, s->acc);
		else
			function(s, s->acc);
		break;
	case MATCH:
		if (bit != ((s->rom[n / 8] >> n % 8) & 1)) {
			s->st = IDLE;
		} else if (n == 63) {
			s->st = FUNC;
			s->n = 0;
		}
		break;
	case SEARCH:
		mine = (s->rom[n / 24] >> n / 3 % 8) & 1;
		if (n % 3 == 0)
			out = mine;
		else if (n % 3 == 1)
			out = !mine;
		else if (bit != mine)
			s->st = IDLE;
		if (n == 191)
			s->st = IDLE;
		break;
	case OUT:
		if (n < s->len * 8)
			out = (s->buf[n / 8] >> n % 8) & 1;
		break;
	case IN:
		if (n < 24) {
			s->pad[2 + n / 8] &= ~(1 << n % 8);
			s->pad[2 + n / 8] |= bit << n % 8;
		}
		break;
	case BUSY:
		out = time_after_eq(jiffies, s->ready);
		break;
	case IDLE:
		break;
	}
	return out;
}

static u8 sim_touch_bit(void *data, u8 bit)
{
	unsigned long flags;
	struct slave *s;
	u8 line = bit & 1;

	spin_lock_irqsave(&lock, flags);
	list_for_each_entry(s, &slaves, node) if (here(s)) line &= slot(s, bit & 1);
	spin_unlock_irqrestore(&lock, flags);
	return line;
}

static u8 sim_reset_bus(void *data)
{
	unsigned long flags;
	struct slave *s;
	u8 none = 1;

	spin_lock_irqsave(&lock, flags);
	list_for_each_entry(s, &slaves, node)
	{
		if (!here(s)) {
			if (s->times > 0 && !--s->times)
				s->fault = NONE;
			continue;
		}
		s->st = ROM_CMD;
		s->n = 0;
		s->acc = 0;
		none = 0;
	}
	spin_unlock_irqrestore(&lock, flags);
	return none;
}

static struct w1_bus_master master = {
	.touch_bit = sim_touch_bit,
	.reset_bus = sim_reset_bus,
};

/* sysfs */

struct attr {
	struct attribute attr;
	ssize_t (*show)(struct slave *s, char *buf);
	int (*store)(struct slave *s, const char *buf);
};

static ssize_t temp_show(struct slave *s, char *buf)
{
	return sysfs_emit(buf, "%d\n", s->temp);
}

static int temp_store(struct slave *s, const char *buf)
{
	return kstrtoint(buf, 0, &s->temp);
}

static ssize_t fault_show(struct slave *s, char *buf)
{
	return sysfs_emit(buf, "%s %d\n", fault_name[s->fault], s->times);
}

static int fault_store(struct slave *s, const char *buf)
{
	char word[16];
	int times = -1, f;
	unsigned long flags;

	if (sscanf(buf, "%15s %d", word, &times) < 1)
		return -EINVAL;
	f = match_string(fault_name, -1, word);
	if (f < 0)
		return f;
	spin_lock_irqsave(&lock, flags);
	if (s->fault == GONE || f == POWER)
		power_on(s);
	s->fault = f;
	s->times = times;
	s->st = IDLE;
	spin_unlock_irqrestore(&lock, flags);
	return 0;
}

static ssize_t stat_show(struct slave *s, char *buf)
{
	return sysfs_emit(buf, "converts %u reads %u\n", s->converts, s->reads);
}

static struct attr temp_attr = __ATTR(temp, 0644, temp_show, temp_store);
static struct attr fault_attr = __ATTR(fault, 0644, fault_show, fault_store);
static struct attr stat_attr = __ATTR(stat, 0444, stat_show, NULL);
static struct attribute *slave_attrs[] = {&temp_attr.attr, &fault_attr.attr, &stat_attr.attr, NULL};
ATTRIBUTE_GROUPS(slave);

static ssize_t slave_show(struct kobject *k, struct attribute *a, char *buf)
{
	return container_of(a, struct attr, attr)->show(to_slave(k), buf);
}

static ssize_t slave_store(struct kobject *k, struct attribute *a, const char *buf, size_t len)
{
	return container_of(a, struct attr, attr)->store(to_slave(k), buf) ?: len;
}

static const struct sysfs_ops slave_ops = {
	.show = slave_show,
	.store = slave_store,
};

static void slave_release(struct kobject *k)
{
	kfree(to_slave(k));
}

static struct kobj_type slave_type = {
	.release = slave_release,
	.sysfs_ops = &slave_ops,
	.default_groups = slave_groups,
};

static int parse_id(const char *buf, u8 *rom)
{
	unsigned int fam, i;
	u64 id;

	if (sscanf(buf, "%2x-%12llx", &fam, &id) != 2)
		return -EINVAL;
	rom[0] = fam;
	for (i = 0; i < 6; i++)
		rom[1 + i] = id >> 8 * i;
	rom[7] = w1_calc_crc8(rom, 7);
	return 0;
}

static ssize_t add_store(
	struct device *dev, struct device_attribute *a, const char *buf, size_t len)
{
	struct slave *s = kzalloc(sizeof(*s), GFP_KERNEL);
	unsigned long flags;
	int ret;

	if (!s)
		return -ENOMEM;
	s->temp = 20000;
	s->times = -1;
	s->ee[0] = 0x4b;
	s->ee[1] = 0x46;
	s->ee[2] = 0x7f;
	power_on(s);
	ret = parse_id(buf, s->rom);
	if (ret) {
		kfree(s);
		return ret;
	}
	ret = kobject_init_and_add(&s->kobj, &slave_type, &root->kobj, "%.15s", strim((char *)buf));
	if (ret) {
		kobject_put(&s->kobj);
		return ret;
	}
	spin_lock_irqsave(&lock, flags);
	list_add_tail(&s->node, &slaves);
	spin_unlock_irqrestore(&lock, flags);
	return len;
}
static DEVICE_ATTR_WO(add);

static void slave_remove(const u8 *rom)
{
	struct slave *s, *t;
	unsigned long flags;
	LIST_HEAD(gone);

	spin_lock_irqsave(&lock, flags);
	list_for_each_entry_safe(s, t, &slaves, node) if (!rom || !memcmp(s->rom, rom, 8))
		list_move(&s->node, &gone);
	spin_unlock_irqrestore(&lock, flags);
	list_for_each_entry_safe(s, t, &gone, node)
	{
		kobject_del(&s->kobj);
		kobject_put(&s->kobj);
	}
}

static ssize_t remove_store(
	struct device *dev, struct device_attribute *a, const char *buf, size_t len)
{
	u8 rom[8];
	int ret = parse_id(buf, rom);

	if (ret)
		return ret;
	slave_remove(rom);
	return len;
}
static DEVICE_ATTR_WO(remove);

static struct attribute *root_attrs[] = {&dev_attr_add.attr, &dev_attr_remove.attr, NULL};
ATTRIBUTE_GROUPS(root);

static int __init sim_init(void)
{
	int ret;

	root = root_device_register("w1-sim");
	if (IS_ERR(root))
		return PTR_ERR(root);
	ret = sysfs_create_groups(&root->kobj, root_groups);
	if (!ret)
		ret = w1_add_master_device(&master);
	if (ret)
		root_device_unregister(root);
	return ret;
}

static void __exit sim_exit(void)
{
	w1_remove_master_device(&master);
	slave_remove(NULL);
	sysfs_remove_groups(&root->kobj, root_groups);
	root_device_unregister(root);
}

late_initcall(sim_init); /* built in, it must follow the w1 core */
module_exit(sim_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("simulated 1-Wire bus with DS18B20 slaves");
